import { type DynamicModule, Module } from '@nestjs/common';
import { Settings } from './settings.js';

/** Provides the settings as `Settings`. They were read and validated before the start of the application. */
@Module({})
export class ConfigModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: Settings, useValue: settings }],
      exports: [Settings],
    };
  }
}
