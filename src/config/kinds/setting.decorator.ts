/** The type and the documentation of a setting. */
export interface SettingInfo {
  readonly meaning: string;
  readonly example: string;
  readonly type?: 'text' | 'integer' | 'boolean' | 'list';
}

const described = new Map<string, SettingInfo>();

/** Declares that a property of a class is a setting of the service. */
export function Setting(info: SettingInfo): PropertyDecorator {
  return (_target, name) => {
    described.set(String(name), info);
  };
}

/** Returns all settings by name, in the order of their declaration. */
export function describedSettings(): ReadonlyMap<string, SettingInfo> {
  return described;
}
