import { format, resolveConfig } from 'prettier';
import { describedSettings } from '../../src/config/kinds/setting.decorator.js';
import { Settings } from '../../src/config/settings.js';

const BEGIN = '<!-- begin of what `npm run docs:settings` writes -->';
const END = '<!-- end of what `npm run docs:settings` writes -->';

/**
 * Replaces the table of settings in a page by a table that is generated from the settings classes.
 *
 * @param page the Markdown text of the page, which contains the two markers
 * @param path the path of the page: Prettier looks for its configuration there
 */
export async function withSettings(page: string, path: string): Promise<string> {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page lacks ${BEGIN} or, after it, ${END}`);
  const table = await format(settingsTable(), { ...(await resolveConfig(path)), parser: 'markdown' });
  return `${page.slice(0, begin)}${BEGIN}\n\n${table}\n${page.slice(end)}`;
}

function settingsTable(): string {
  const defaults = new Settings() as unknown as Readonly<Record<string, unknown>>;
  const rows = [...describedSettings()].map(([name, { meaning, example }]) => [
    `\`${name}\``,
    defaultText(defaults[name]),
    meaning,
    `\`${example}\``,
  ]);
  const lines = [['setting', 'default', 'meaning', 'example'], ['-', '-', '-', '-'], ...rows];
  return lines.map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

function defaultText(value: unknown): string {
  if (Array.isArray(value)) return defaultText(value.join(','));
  return value === undefined || value === '' ? 'none' : `\`${JSON.stringify(value).replaceAll('"', '')}\``;
}

/** Escapes the characters that would end a table cell or start an HTML tag. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\s+/g, ' ');
}
