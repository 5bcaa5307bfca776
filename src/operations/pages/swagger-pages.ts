import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { htmlPage, type Page, page } from './page.js';

const SCRIPT = 'application/javascript; charset=utf-8';

/** The files of Swagger UI that its page loads. */
const FILES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': SCRIPT,
};

/**
 * A script that starts Swagger UI, in the light or dark mode of the browser. The address of the OpenAPI document is
 * relative to the script, so a proxy may add a path prefix. `validatorUrl: null` turns off Swagger's online validator.
 */
const START = `const { src } = document.currentScript;
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: new URL('../openapi.json', src).href,
    dom_id: '#swagger-ui',
    deepLinking: true,
    persistAuthorization: true,
    validatorUrl: null,
  });
};
`;

/**
 * Styles for Swagger UI. Input fields are wide enough for ids, and the page fits a narrow window. Error responses show
 * only their descriptions, because they all have the same format. The column for links is hidden.
 */
const STYLE = `  <style>
    body { margin: 0; }
    .swagger-ui .parameters-col_description input[type=text] { width: 100%; max-width: 30rem; }
    .swagger-ui .responses-table:not(.live-responses-table) .response:not([data-code^="2"])
      .response-col_description > :not(.response-col_description__inner), .swagger-ui .response-col_links { display: none; }
    @media (max-width: 40rem) {
      .swagger-ui .parameters thead { display: none; }
      .swagger-ui .parameters :is(tr, td) { display: block; }
      .swagger-ui .opblock-tag { flex-wrap: wrap; }
      .swagger-ui .opblock-tag small { order: 1; flex: 1 0 100%; padding: 0; }
    }
  </style>`;

/** @param folder the relative path from the page to the folder of its scripts and styles */
function swaggerPage(folder: string): Page {
  return htmlPage(
    `  <link rel="stylesheet" href="${folder}swagger-ui.css">\n${STYLE}`,
    `<div id="swagger-ui"></div>
<script src="${folder}swagger-ui-bundle.js"></script>
<script src="${folder}swagger-ui-init.js"></script>`,
  );
}

/** Reads the files of Swagger UI. @returns the page at `/docs`, and the files below `/docs/` by their paths */
export function swaggerPages(): { readonly index: Page; readonly files: ReadonlyMap<string, Page> } {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
  const html = swaggerPage('./');
  const swaggerFiles = Object.entries(FILES).map(
    ([name, type]) => [name, page(type, readFileSync(join(folder, name)))] as const,
  );
  return {
    index: swaggerPage('./docs/'),
    files: new Map([
      ['', html],
      ['index.html', html],
      ['swagger-ui-init.js', page(SCRIPT, START)],
      ...swaggerFiles,
    ]),
  };
}
