import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { withSettings } from './docs/settings-table.js';

/** Writes the settings, as their classes have them, into the page for operators. */
const PAGE = 'docs/settings.md';
writeFileSync(PAGE, await withSettings(readFileSync(PAGE, 'utf8'), PAGE));
