import { All, Controller, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OpenRoutes } from '../../nova/route/declarations.js';
import { Lifecycle } from '../server/lifecycle.js';
import { DrainFile } from './drain-file.js';

/**
 * The path `/healthcheck`. Its responses are those of oslo.middleware in OpenStack's services. It accepts every method.
 */
@ApiExcludeController()
@OpenRoutes('operations', 'load balancers check the health of the service without a token')
@Controller('healthcheck')
export class HealthcheckController {
  constructor(
    private readonly drainFile: DrainFile,
    private readonly lifecycle: Lifecycle,
  ) {}

  @All()
  async check(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const reason = await this.reason();
    const isHealthy = reason === 'OK';
    if (request.method === 'HEAD') {
      void reply.status(isHealthy ? 204 : 503).header('Content-Type', TYPES.text);
      return void reply.send();
    }
    const [type, body] = responseFor(request.headers.accept ?? '', reason);
    void reply.status(isHealthy ? 200 : 503).header('Content-Type', type);
    void reply.send(Buffer.from(body));
  }

  private async reason(): Promise<string> {
    if (this.lifecycle.isStopping) return 'SHUTTING DOWN';
    return (await this.drainFile.exists()) ? 'DISABLED BY FILE' : 'OK';
  }
}

const TYPES = {
  text: 'text/plain; charset=UTF-8',
  html: 'text/html; charset=UTF-8',
  json: 'application/json',
} as const;

/** Returns the response as plain text, or as HTML or JSON if that type comes first in the Accept header. */
function responseFor(accept: string, reason: string): readonly [type: string, body: string] {
  const wanted = /text\/plain|text\/html|application\/json|\*\/\*/.exec(accept.toLowerCase())?.[0];
  if (wanted === 'text/html') return [TYPES.html, html(reason)];
  if (wanted === 'application/json') {
    return [TYPES.json, JSON.stringify({ detailed: false, reasons: [reason] }, null, 4)];
  }
  return [TYPES.text, reason];
}

function html(reason: string): string {
  return `<HTML>
<HEAD><TITLE>Healthcheck Status</TITLE></HEAD>
<BODY>

<H2>Result of 1 checks:</H2>
<TABLE bgcolor="#ffffff" border="1">
<TBODY>
<TR>

<TH>
Reason
</TH>
</TR>
<TR>
    <TD>${reason}</TD>
</TR>
</TBODY>
</TABLE>
<HR></HR>

</BODY>
</HTML>`;
}
