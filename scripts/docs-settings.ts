import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { withSettings } from './docs/settings-table.js';

/** Writes the table of settings, which is generated from the settings classes, into docs/settings.md. */
const PAGE = 'docs/settings.md';
writeFileSync(PAGE, await withSettings(readFileSync(PAGE, 'utf8'), PAGE));
