/**
 * Starts the service with an additional module that streams. The first argument is the folder with the compiled,
 * unbundled service. The module has two routes:
 *
 * - `GET /stream` sends events until graceful shutdown closes the stream. `GET /stream?deaf` ignores graceful shutdown.
 * - `GET /after` completes its response after graceful shutdown has closed a stream.
 */
import { Controller, Get, Module, Req, Res } from '@nestjs/common';
import { argv } from 'node:process';
import { PassThrough } from 'node:stream';

const build = argv[2];
const load = (path) => import(`${build}/${path}.js`);
const { onShutdown } = await load('processes/signals');
const { declareLong } = await load('common/http/long-response');
const { OpenRoutes } = await load('nova/route/declarations');

let allEnded = () => undefined;
const end = new Promise((resolve) => (allEnded = resolve));

class StreamController {
  stream(request, reply) {
    const stream = new PassThrough();
    declareLong(reply, () => {
      if (request.originalUrl.endsWith('?deaf')) return;
      stream.end('data: last words\n\n');
      allEnded();
    });
    void reply.header('Content-Type', 'text/event-stream').send(stream);
    stream.write('data: first\n\n');
  }

  async after(_request, reply) {
    reply.raw.writeHead(200).flushHeaders();
    await end;
    reply.raw.end('after the streams');
  }
}
for (const name of ['stream', 'after']) {
  Req()(StreamController.prototype, name, 0);
  Res()(StreamController.prototype, name, 1);
  Get(name)(
    StreamController.prototype,
    name,
    Object.getOwnPropertyDescriptor(StreamController.prototype, name),
  );
}
OpenRoutes('public', 'a test reads it')(StreamController);
Controller()(StreamController);

class StreamModule {}
Module({ controllers: [StreamController] })(StreamModule);

const { loadSettings } = await load('config/load-settings');
const { serve } = await load('serve');
onShutdown(await serve(loadSettings(), [StreamModule]));
