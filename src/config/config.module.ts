import { type DynamicModule, Module } from '@nestjs/common';
import { Settings } from './settings.js';

/**
 * Provides the settings to other modules, under the token `Settings`. `loadSettings` has read and validated them
 * before.
 */
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
