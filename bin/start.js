'use strict';
// Old syntax on purpose: a Node.js that is too old must be able to read this file and say so.

var LEAST = [22, 18];

function isTooOld(version) {
  var parts = version.split('.').map(Number);
  return parts[0] < LEAST[0] || (parts[0] === LEAST[0] && parts[1] < LEAST[1]);
}

/** Starts the program as `name`; `extra` goes before the user's arguments. */
module.exports = function start(name, extra) {
  if (isTooOld(process.versions.node)) {
    process.stderr.write(
      name +
        ' needs Node.js ' +
        LEAST.join('.') +
        ' or newer; this is ' +
        process.versions.node +
        ' (' +
        process.execPath +
        ').\n',
    );
    process.exitCode = 2;
    return;
  }
  var fs = require('fs');
  var path = require('path');
  var nodeModule = require('module');
  // Compiled code is kept between runs (in the system's temporary folder), which saves a third of the start.
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  // A checkout runs its sources, an installed package its bundle.
  var source = path.join(__dirname, '..', 'src', 'cli', 'entry.ts');
  var isCheckout = fs.existsSync(source);
  if (isCheckout) hideTypeStrippingWarning();
  var entry = isCheckout ? source : path.join(__dirname, '..', 'dist', 'entry.js');
  import(require('url').pathToFileURL(entry).href)
    .then(function (program) {
      return program.main(name, (extra || []).concat(process.argv.slice(2)));
    })
    .catch(function (error) {
      process.stderr.write(name + ' could not start: ' + (error && error.stack ? error.stack : error) + '\n');
      process.exitCode = 70;
    });
};

/** Node.js 22 warns that it removes types itself; that says nothing to our users. */
function hideTypeStrippingWarning() {
  var emit = process.emitWarning.bind(process);
  process.emitWarning = function (warning, type) {
    var isOurs = type === 'ExperimentalWarning' && String(warning).indexOf('Type Stripping') >= 0;
    if (!isOurs) emit.apply(null, arguments);
  };
}
