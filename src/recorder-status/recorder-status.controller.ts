import { Get } from '@nestjs/common';
import type { RecorderStatus } from '../ledger/cells/recorder-status.js';
import { ApiResource } from '../nova/pipeline/resource.js';
import { ApiRoute } from '../nova/route/declarations.js';
import { policies } from './recorder-status.policies.js';
import { RecorderStatusService } from './recorder-status.service.js';
import { shown } from './recorder-status.view.js';

@ApiResource('action-log/v1/recorder', {
  title: 'Recorder',
  description:
    "The recorder copies Nova's action log into the own store, which keeps an ordered record of it.",
})
export class RecorderStatusController {
  constructor(private readonly service: RecorderStatusService) {}

  @Get()
  @ApiRoute({
    summary: 'Show the state of the recorder',
    description:
      'Shows the newest position of the record. For each cell of Nova, shows the process that records it, the age of ' +
      'the last reading, the progress of the first copy, and the gaps: ranges of ids whose rows may be missing.',
    policy: policies.show,
    ...shown,
  })
  show(): Promise<RecorderStatus> {
    return this.service.status();
  }
}
