import { format, resolveConfig } from 'prettier';
import { describedSettings } from '../../src/config/kinds/setting.decorator.js';
import { Settings } from '../../src/config/settings.js';

const BEGIN = '<!-- begin of what `npm run docs:settings` writes -->';
const END = '<!-- end of what `npm run docs:settings` writes -->';

/**
 * The page with its table of settings as the settings' classes have it.
 *
 * @param page Markdown that holds the two marks
 * @param path of the page, for the format
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

/** A text that ends no cell and begins no tag. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\s+/g, ' ');
}
