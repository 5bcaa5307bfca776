import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A document as it is served. */
export interface Page {
  readonly type: string;
  readonly body: Buffer;
  /** The `ETag`, in quotes. */
  readonly tag: string;
}

/** The files of Swagger UI that its page asks for. */
const FILES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'application/javascript; charset=utf-8',
  'swagger-ui-standalone-preset.js': 'application/javascript; charset=utf-8',
  'favicon-16x16.png': 'image/png',
  'favicon-32x32.png': 'image/png',
};

/** Starts Swagger UI. The description lies beside the folder of this script, whatever path a proxy puts before both. */
const START = `const { src } = document.currentScript;
window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: new URL('../openapi.json', src).href,
    dom_id: '#swagger-ui',
    deepLinking: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    layout: 'StandaloneLayout',
    persistAuthorization: true,
  });
};
`;

export function page(type: string, content: string | Buffer): Page {
  const body = Buffer.from(content);
  return { type, body, tag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}

/** @param folder of the other files, as it stands in links from where the page lies */
export function htmlPage(folder: string): Page {
  return page(
    'text/html; charset=utf-8',
    `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>nova-action-log</title>
  <link rel="stylesheet" href="${folder}swagger-ui.css">
  <link rel="icon" type="image/png" href="${folder}favicon-32x32.png" sizes="32x32">
  <link rel="icon" type="image/png" href="${folder}favicon-16x16.png" sizes="16x16">
  <style>
    body { margin: 0; background: #fafafa; }
    .swagger-ui .topbar .download-url-wrapper { display: none; }
  </style>
</head>
<body>
<div id="swagger-ui"></div>
<script src="${folder}swagger-ui-bundle.js"></script>
<script src="${folder}swagger-ui-standalone-preset.js"></script>
<script src="${folder}swagger-ui-init.js"></script>
</body>
</html>
`,
  );
}

/** All that lies in the folder of the documentation, by its name there. Reads the files: at the start, once. */
export function swaggerPages(): ReadonlyMap<string, Page> {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
  const html = htmlPage('./');
  return new Map([
    ['', html],
    ['index.html', html],
    ['swagger-ui-init.js', page('application/javascript; charset=utf-8', START)],
    ...Object.entries(FILES).map(
      ([name, type]) => [name, page(type, readFileSync(join(folder, name)))] as const,
    ),
  ]);
}
