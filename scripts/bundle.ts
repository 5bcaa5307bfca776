import { rmSync } from 'node:fs';
import { bundle } from './shared/bundle.js';

/** The last step of `npm run build`: `dist/` from what was compiled to `build/`. */
rmSync('dist', { recursive: true, force: true });
await bundle('build', 'dist');
