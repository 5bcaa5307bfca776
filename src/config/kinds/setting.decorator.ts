/** The documentation of a setting and its type. */
export interface SettingInfo {
  readonly meaning: string;
  readonly example: string;
  readonly type?: 'text' | 'integer' | 'boolean' | 'list';
}

const described = new Map<string, SettingInfo>();

/** Declares a property of a settings class as a setting of the service. */
export function Setting(info: SettingInfo): PropertyDecorator {
  return (_target, name) => {
    described.set(String(name), info);
  };
}

/** Returns all settings by name, in the order of their declaration. */
export function describedSettings(): ReadonlyMap<string, SettingInfo> {
  return described;
}
