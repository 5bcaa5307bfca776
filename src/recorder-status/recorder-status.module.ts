import { Module } from '@nestjs/common';
import { NovaModule } from '../nova/nova.module.js';
import { RecorderStatusController } from './recorder-status.controller.js';
import { RecorderStatusService } from './recorder-status.service.js';

/** The state of the record and of the recorder, for operators. */
@Module({
  imports: [NovaModule],
  controllers: [RecorderStatusController],
  providers: [RecorderStatusService],
})
export class RecorderStatusModule {}
