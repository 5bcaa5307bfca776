import { Global, Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Authenticator } from './authenticator.js';
import { TokenFileAuthenticator } from './token-file.js';

@Global()
@Module({
  providers: [
    {
      provide: Authenticator,
      inject: [Settings],
      useFactory: (settings: Settings) => TokenFileAuthenticator.fromSettings(settings),
    },
  ],
  exports: [Authenticator],
})
export class IdentityModule {}
