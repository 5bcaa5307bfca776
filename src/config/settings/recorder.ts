import { IsOptional } from 'class-validator';
import { WholeNumber } from '../kinds/setting-kinds.js';

/** The settings of the recorder, which copies Nova's action log into the own store, and of the record in that store. */
export class RecorderSettings {
  @WholeNumber({
    meaning:
      'The age, in days, after which the own store deletes actions and the entries about them. If it is not set, the store keeps them for ever.',
    example: '730',
    min: 1,
    max: 36_500,
  })
  @IsOptional()
  RETENTION?: number;

  @WholeNumber({
    meaning:
      "The share of the time, in percent, in which the recorder reads the past of a cell: the rows that Nova's databases had before the recorder started.",
    example: '100',
    min: 1,
    max: 100,
  })
  PAST_SHARE = 25;

  @WholeNumber({
    meaning: "The time, in hours, after which the recorder compares all rows of the copy with Nova's again.",
    example: '24',
    min: 1,
    max: 720,
  })
  RECONCILE_HOURS = 6;
}
