import { it } from '@jest/globals';
import { Workplace } from '../support/process.js';
import { privateMariaDb } from '../support/mariadb.js';
import { Asker } from '../conformance/ask.js';
it('x', async () => {
  const w = await Workplace.create();
  const t = async (env: Record<string, string>) => {
    const s = w.launch(env);
    await Promise.race([s.ended(), s.url().catch(() => 0)]);
    process.stdout.write(`\n## ${JSON.stringify(env)} ${Date.now() - s.launchedAt} ms running ${s.running}\nOUT ${s.stdout}ERR ${s.stderr}`);
    s.signal('SIGTERM'); const at = Date.now();
    process.stdout.write(`-> ${await s.ended()} ${Date.now()-at}\n`);
  };
  await t({});
  for (const e of [{PORT:'abc'},{PORT:'70000'},{MAX_LIMIT:'0'},{DATABASE_URL:'postgres://x'},{DATABASE_URL:'mysql://nohost'},{PUBLIC_URL:'ftp://x'},{TRUSTED_PROXIES:'foo'},{LOG_LEVEL:'loud'},{TOKENS_FILE:'/missing'},
   {HOST:'0.0.0.0'},{HOST:'0.0.0.0',TOKENS_FILE_BEYOND_LOOPBACK:'true'},{HOST:'nonsense.invalid',TOKENS_FILE_BEYOND_LOOPBACK:'true'},{HOST:'203.0.113.7',TOKENS_FILE_BEYOND_LOOPBACK:'true'},{DATABASE_URL:'mysql://u:secretpw@127.0.0.1:1/x'},{DATABASE_URL:'sqlite:///dev/null/x/y.sqlite'},{DATABASE_URL:'sqlite:///tmp'},{DATABASE_URL:'sqlite:///dev/full'},{DATABASE_URL:'sqlite:///dev/null'},{DATABASE_URL:'mysql://u:pw%@h/x'},{DATABASE_URL:'mysql://u:p@h/x%zz'},{DATABASE_URL:'mysql://u:p@h:99999/x'},{DATABASE_URL:'mysql://u:p@h,h2/x'},{PORT_FILE:'/x'}, {DATABASE_URL:'sqlite:///etc/passwd'},{MAX_LIMIT:'99999999999999999999'},{PORT:'-1'},{PORT:'8.5'}, {PORT:'1'.repeat(400)}, {HOST:' '},{PUBLIC_URL:'http://x?y'}, {DATABASE_URL:'mysql://u:s%0Aecret@127.0.0.1:1/x'},{TOKENS_FILE:'/tmp'}] as Record<string,string>[]) await t(e);
  await w.remove();
}, 120000);
