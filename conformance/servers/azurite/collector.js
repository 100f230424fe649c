'use strict';

// Azurite's collector of unused extents begins ten minutes after the start. For each extent that it
// removes, it sorts the index of all: with some ten thousand, the only thread answers nobody for
// many minutes. No command-line option sets the interval.
const constants = require('./node_modules/azurite/dist/src/blob/utils/constants.js');

if (typeof constants.DEFAULT_GC_INTERVAL_MS !== 'number') {
  throw new Error('this release of Azurite has no DEFAULT_GC_INTERVAL_MS');
}
constants.DEFAULT_GC_INTERVAL_MS = 24 * 60 * 60 * 1000;
