#!/usr/bin/env node
'use strict';
require('./start.js')('kubectl exit137');
