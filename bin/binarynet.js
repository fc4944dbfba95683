#!/usr/bin/env node
import process from 'node:process';
import { main } from '../dist/cli/main.js';

// `binarynet inspect … | head` closes the pipe early; that is no error.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

process.exitCode = await main(process.argv.slice(2), process);
