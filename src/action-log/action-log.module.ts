import { Module } from '@nestjs/common';
import { InstanceActionsModule } from '../instance-actions/instance-actions.module.js';
import { NovaModule } from '../nova/nova.module.js';
import { ActionFinder } from './action-finder.js';
import { ActionLogController } from './action-log.controller.js';
import { ActionLogService } from './action-log.service.js';
import { EntriesService } from './entries.service.js';
import { ExportService } from './export.service.js';
import { ImportController } from './import.controller.js';
import { ImportService } from './import.service.js';
import { LargeReads } from './large-reads.js';
import { LogKeys } from './log-keys.js';
import { RecordingController } from './recording.controller.js';
import { RecordingService } from './recording.service.js';

/** The log of all servers: its search, and the recording of actions over HTTP. */
@Module({
  imports: [NovaModule, InstanceActionsModule],
  controllers: [ActionLogController, RecordingController, ImportController],
  providers: [
    ActionFinder,
    ActionLogService,
    EntriesService,
    ExportService,
    ImportService,
    LargeReads,
    LogKeys,
    RecordingService,
  ],
})
export class ActionLogModule {}
