/** Versions of HOT, oldest first: a later one can be compared with `>=`. */
export const HOT_VERSIONS = [
  '2013-05-23',
  '2014-10-16',
  '2015-04-30',
  '2015-10-15',
  '2016-04-08',
  '2016-10-14',
  '2017-02-24',
  '2017-09-01',
  '2018-03-02',
  '2018-08-31',
  '2021-04-16',
] as const;

export type HotVersion = (typeof HOT_VERSIONS)[number];

/** Names of releases that stand for a version. */
export const RELEASE_NAMES: Readonly<Record<string, HotVersion>> = {
  newton: '2016-10-14',
  ocata: '2017-02-24',
  pike: '2017-09-01',
  queens: '2018-03-02',
  rocky: '2018-08-31',
  wallaby: '2021-04-16',
};

export function hotVersion(name: string): HotVersion | undefined {
  return HOT_VERSIONS.find((version) => version === name) ?? RELEASE_NAMES[name];
}

/** The version that knows sections, keys and functions of conditions. */
export const CONDITIONS_SINCE: HotVersion = '2016-10-14';
