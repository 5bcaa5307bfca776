import { describe, expect, it } from '@jest/globals';
import { cellAddress, fillConnection } from './cell-connection.js';

const BASE = 'mysql+pymysql://nova:p%40ss@db.example.org:3307/nova_cell0?charset=utf8';
const TWO = 'rabbit://u1:p1@h1:1,u2:p2@h2:2/nova';

describe('the address of a cell', () => {
  it.each([
    ['mysql+pymysql://u:p@h/n', undefined, 'mysql+pymysql://u:p@h/n'],
    ['mysql+pymysql://u:p@h/n', BASE, 'mysql+pymysql://u:p@h/n'],
    ['{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}', BASE, BASE],
    [
      '{scheme}://{username}:{password}@other/{path}_1',
      BASE,
      'mysql+pymysql://nova:p%40ss@other/nova_cell0_1',
    ],
    ['mysql://a:{{{username}}}@h/n#{fragment}', `${BASE}#f`, 'mysql://a:{nova}@h/n#f'],
    ['mysql://{username1}:{password2}@{hostname2}:{port1}/{path}', TWO, 'mysql://u1:p2@h2:1/nova'],
    ['{hostname}:{port}', 'mysql://u@[::1]/n', '[::1]:'],
    ['{username}@{password}', 'mysql://h/n', '@'],
  ])(
    'a cell address that is the template %s is filled in from NOVA_DATABASE_URL=%s',
    (connection, base, filled) => {
      expect(fillConnection(connection, base)).toBe(filled);
    },
  );

  it.each([
    ['{scheme}://h/n', undefined, /NOVA_DATABASE_URL/],
    ['mysql://{user}@h/n', BASE, /brace/],
    ['mysql://{username1}@h/n', BASE, /brace/],
    ['mysql://{}@h/n', BASE, /brace/],
    ['mysql://{username@h/n', BASE, /brace/],
    ['mysql://username}@h/n', BASE, /brace/],
  ])(
    'a cell address is rejected if it is the template %s and NOVA_DATABASE_URL is %s',
    (connection, base, problem) => {
      expect(() => fillConnection(connection, base)).toThrow(problem);
    },
  );

  it('a cell address is used unchanged if it is a valid address but not a valid template', () => {
    expect(cellAddress('mysql://u:a{b@h/n', undefined).password).toBe('a{b');
    expect(cellAddress('mysql://u:a{b}@h/n', BASE).password).toBe('a{b}');
    expect(cellAddress('mysql://{username}:{password}@h/n', BASE)).toMatchObject({
      user: 'nova',
      password: 'p@ss',
    });
    expect(() => cellAddress('{scheme}://h/n', undefined)).toThrow(/NOVA_DATABASE_URL/);
    expect(() => cellAddress('sqlite:///nova.db', undefined)).toThrow('must start with mysql://');
  });
});
