module.exports = require('./http.cjs');
