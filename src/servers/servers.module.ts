import { Module } from '@nestjs/common';
import { NovaModule } from '../nova/nova.module.js';
import { ServersController } from './servers.controller.js';

/** The servers of the own store: the fields that clients need before they send other requests for a server. */
@Module({ imports: [NovaModule], controllers: [ServersController] })
export class ServersModule {}
