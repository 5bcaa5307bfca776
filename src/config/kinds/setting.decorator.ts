/** What is said of one setting: enough to read it and to explain it. */
export interface SettingInfo {
  readonly meaning: string;
  readonly example: string;
  readonly type?: 'text' | 'integer' | 'boolean' | 'list';
}

const described = new Map<string, SettingInfo>();

/** Declares a property of `Settings` as a setting of the service. */
export function Setting(info: SettingInfo): PropertyDecorator {
  return (_target, name) => {
    described.set(String(name), info);
  };
}

/** All settings by name, in the order of their declaration. */
export function describedSettings(): ReadonlyMap<string, SettingInfo> {
  return described;
}
