'use strict';

// What no command-line option of Azurite sets, and what makes it use less processor time.

const path = require('path');
const azurite = path.join(__dirname, 'node_modules', 'azurite');
const constants = require(path.join(azurite, 'dist/src/blob/utils/constants.js'));
const templates = require(path.join(azurite, 'dist/src/blob/generated/utils/utils.js'));

function set(name, value) {
  if (typeof constants[name] !== 'number') {
    throw new Error('this release of Azurite has no ' + name);
  }
  constants[name] = value;
}

// The collector of unused extents begins ten minutes after the start. For each extent that it
// removes, it sorts the index of all: with some ten thousand, the only thread answers nobody for
// many minutes.
set('DEFAULT_GC_INTERVAL_MS', 24 * 60 * 60 * 1000);

// In seconds, of an idle connection. After the five of the default, a request may meet the closing
// of its connection, so that its answer is lost. The option for it is read by another name.
set('DEFAULT_BLOB_KEEP_ALIVE_TIMEOUT', 60 * 60);

// Telemetry is disabled by an option, but Azurite would still load its library, which takes more
// than half of the start.
const telemetry = require.resolve('applicationinsights', { paths: [azurite] });
require.cache[telemetry] = { id: telemetry, filename: telemetry, loaded: true, exports: {} };

// Azurite compares each request with the templates of all operations, and parses a template each
// time. There are few templates, and what is compared is nearly always one of three patterns.
const match = templates.isURITemplateMatch;
if (typeof match !== 'function') {
  throw new Error('this release of Azurite has no isURITemplateMatch');
}
const matches = new Map();
templates.isURITemplateMatch = (url, template) => {
  const key = url + '\n' + template;
  let result = matches.get(key);
  if (result === undefined) {
    result = match(url, template);
    if (matches.size === 10000) {
      matches.clear();
    }
    matches.set(key, result);
  }
  return result;
};
