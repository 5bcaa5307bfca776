import type { FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { of } from 'rxjs';
import type { ViewInterceptor } from './view.interceptor.js';

/**
 * Has an interceptor render what handlers return, right before Fastify writes it. That Nest
 * calls it itself was the greatest single cost of a request: `docs/decisions/0016-interceptor.md`.
 */
export function interceptAnswers(fastify: FastifyInstance, interceptor: ViewInterceptor): void {
  fastify.addHook('preSerialization', (request, _reply, result, done) => {
    const { execution } = request.nova;
    if (execution === undefined) {
      done(null, result);
      return;
    }
    let answer: unknown;
    let failure: Error | null = null;
    interceptor.intercept(execution, { handle: () => of(result) }).subscribe({
      next: (rendered) => {
        answer = rendered;
        request.nova.isAnswered = true;
      },
      error: (error: Error) => {
        failure = error;
      },
    });
    done(failure, answer);
  });
  // Fastify calls the hook above for objects alone. What a view has not rendered may hold what the caller must not see.
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const { execution, isAnswered } = request.nova;
    if (execution === undefined || isAnswered === true) {
      done(null, payload);
      return;
    }
    if (payload instanceof Readable) payload.on('error', () => undefined).destroy();
    void reply.removeHeader('Content-Length').removeHeader('Content-Disposition');
    done(
      new Error(
        `${execution.getClass().name}.${execution.getHandler().name} returned a value that no view renders`,
      ),
    );
  });
}
