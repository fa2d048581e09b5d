module.exports = require('./otel-openai.cjs');
