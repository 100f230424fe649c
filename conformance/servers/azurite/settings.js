'use strict';

// What no command-line option of Azurite sets.
const constants = require('./node_modules/azurite/dist/src/blob/utils/constants.js');

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
