const { runLangChain } = require('./langchain.cjs');

exports.packages = ['@arizeai/openinference-instrumentation-langchain', '@langchain/core'];

exports.run = async (tools) => {
  const { LangChainInstrumentation } = require('@arizeai/openinference-instrumentation-langchain');
  const instrumentation = tools.instrument(new LangChainInstrumentation());
  instrumentation.manuallyInstrument(require('@langchain/core/callbacks/manager'));
  await runLangChain(tools);
};
