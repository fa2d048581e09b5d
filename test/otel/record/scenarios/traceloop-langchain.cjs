const { runLangChain } = require('./langchain.cjs');

exports.packages = ['@traceloop/instrumentation-langchain', '@langchain/core'];

exports.run = async (tools) => {
  const { LangChainInstrumentation } = require('@traceloop/instrumentation-langchain');
  const instrumentation = tools.instrument(new LangChainInstrumentation());
  instrumentation.manuallyInstrument({
    callbackManagerModule: require('@langchain/core/callbacks/manager'),
  });
  await runLangChain(tools);
};
