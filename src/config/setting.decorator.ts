/** What is said of one setting: enough to read it, to explain it and to print its documentation. */
export interface SettingInfo {
  readonly meaning: string;
  readonly example: string;
  readonly type?: 'text' | 'integer' | 'boolean' | 'list';
  /** What stands in the documentation where the default is not a plain value. */
  readonly defaultText?: string;
  /** Its value is never printed. */
  readonly secret?: boolean;
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
