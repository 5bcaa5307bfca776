import { Conflict, OtherFault } from '../nova/fault/faults.js';
import type { ProblemKind } from '../nova/fault/problem-kind.js';

/** The caller has not recorded the action. */
export class OfOtherService extends OtherFault {
  override readonly problem: ProblemKind = {
    slug: 'other-service',
    title: 'The caller has not recorded the action',
  };

  /** @param isRecorded false if no service has recorded the action over HTTP, but this service itself */
  constructor(isRecorded: boolean) {
    super(
      403,
      isRecorded
        ? 'Another service has recorded the action. Only that service may change it.'
        : 'No service has recorded the action over HTTP, so requests cannot change it.',
    );
  }
}

/** The recorder has copied the action from Nova. */
export class RecordedFromNova extends OtherFault {
  override readonly problem: ProblemKind = { slug: 'recorded-from-nova', title: 'The action is from Nova' };

  constructor() {
    super(403, 'The action is from Nova. Only Nova changes it.');
  }
}

/** The servers belong to other projects than the request states. */
export class OfOtherOwner extends Conflict {
  override readonly problem: ProblemKind = {
    slug: 'other-owner',
    title: 'The server belongs to another project',
  };

  /** @param uuids the servers */
  constructor(uuids: readonly string[]) {
    super(`These servers belong to other projects than the request states: ${uuids.join(', ')}.`);
  }
}

/** The action or the event has finished with another result than the request states. */
export class AlreadyFinished extends Conflict {
  override readonly problem: ProblemKind = { slug: 'already-finished', title: 'It has already finished' };

  /** @param what the action or the event */
  constructor(what: 'action' | 'event') {
    super(`The ${what} has already finished.`);
  }
}

/** An earlier request had the same ids, but another content. */
export class DifferentContent extends OtherFault {
  /** @param ids the external ids */
  constructor(ids: readonly string[]) {
    super(422, `An earlier request had the same ids, but another content: ${ids.join(', ')}.`);
  }
}
