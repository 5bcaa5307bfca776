/** Why a rule could not be evaluated; its enforcer then denies. */
export class RuleError extends Error {}

/** A credential that a check needs outright is absent: a rule which names the failing rule takes it for a denial. */
export class MissingCredential extends RuleError {}
