import { rmSync } from 'node:fs';
import { bundle } from './shared/bundle.js';

/** The last step of `npm run build`: bundles the compiled files of `build/` into `dist/`. */
rmSync('dist', { recursive: true, force: true });
await bundle('build', 'dist');
