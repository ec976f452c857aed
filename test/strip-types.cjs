// The type stripper that Node itself runs our sources with, so that tests execute exactly what ships:
// no second compiler, no source map (positions are kept).
const { stripTypeScriptTypes } = require('node:module');

module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
};
