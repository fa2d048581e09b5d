module.exports = require('./openinference-openai.cjs');
