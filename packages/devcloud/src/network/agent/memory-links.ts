import { LinkError, type AddressedLink, type Link, type Links } from './links.ts';

type Mutable = { -readonly [K in keyof AddressedLink]: AddressedLink[K] };

/** A machine in memory that understands the lines the agent writes: for tests. */
export class MemoryLinks implements Links {
  /** By namespace; the host is ''. */
  readonly spaces = new Map<string, Map<string, Mutable>>([['', new Map()]]);
  readonly tables = new Map<string, string>();
  readonly hostRules: string[] = [];
  readonly settings: string[] = [];
  /** What somebody else does right before the next lines are carried out. */
  meanwhile: (() => void) | undefined;
  #changed: (name: string) => void = () => undefined;
  readonly #peers = new Map<string, { space: string; name: string }>();

  async check(): Promise<void> {}

  /** Somebody else makes an interface on the host. */
  appear(name: string): void {
    this.#host().set(name, blank(name));
    this.#changed(name);
  }

  vanish(name: string): void {
    this.#host().delete(name);
    this.#changed(name);
  }

  find(name: string): Link | undefined {
    return this.#host().get(name);
  }
  names(): string[] {
    return [...this.#host().keys()];
  }
  isBridge(name: string): boolean {
    return name.startsWith('brq');
  }
  namespaces(): string[] {
    return [...this.spaces.keys()].filter((name) => name !== '');
  }
  async batch(lines: readonly string[], namespace = ''): Promise<void> {
    for (const line of lines) this.#run(line, namespace);
  }
  async attempt(lines: readonly string[]): Promise<LinkError[]> {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    meanwhile?.();
    return lines.flatMap((line) => {
      try {
        this.#run(line, '');
        return [];
      } catch (error) {
        return error instanceof LinkError ? [error] : [new LinkError(String(error))];
      }
    });
  }
  async addressed(namespace: string): Promise<AddressedLink[]> {
    return [...this.#space(namespace).values()].map((link) => ({ ...link, addresses: [...link.addresses] }));
  }
  async routes(namespace = ''): Promise<{ destination: string; gateway: string | undefined }[]> {
    return this.#routes(namespace).map((route) => ({ ...route }));
  }
  async hostAddresses(): Promise<{ name: string; cidr: string }[]> {
    return [...this.#host().values()].flatMap((link) =>
      link.addresses.map((cidr) => ({ name: link.name, cidr })),
    );
  }
  forwards(): boolean {
    return this.settings.findLast((setting) => setting.includes('ip_forward=')) === 'net/ipv4/ip_forward=1';
  }
  async sysctl(settings: readonly string[]): Promise<void> {
    this.settings.push(...settings);
  }
  async restoreTables(text: string, namespace: string): Promise<void> {
    this.tables.set(namespace, text);
  }
  async changeTables(text: string): Promise<void> {
    let table = '';
    for (const line of text.split('\n')) {
      if (line.startsWith('*')) table = line.slice(1);
      if (line.startsWith('-I ')) this.hostRules.push(`${table} -A ${line.slice(3)}`);
      if (line.startsWith('-D ')) {
        const at = this.hostRules.indexOf(`${table} -A ${line.slice(3)}`);
        if (at < 0) throw new LinkError(`no rule ${line}`);
        this.hostRules.splice(at, 1);
      }
    }
  }
  async rules(table: string): Promise<string[]> {
    return this.hostRules
      .filter((rule) => rule.startsWith(`${table} `))
      .map((rule) => rule.slice(table.length + 1));
  }
  watch(changed: (name: string) => void): void {
    this.#changed = changed;
  }

  readonly #allRoutes = new Map<string, { destination: string; gateway: string | undefined }[]>();
  #routes(namespace: string): { destination: string; gateway: string | undefined }[] {
    const known = this.#allRoutes.get(namespace) ?? [];
    this.#allRoutes.set(namespace, known);
    return known;
  }
  #host(): Map<string, Mutable> {
    return this.#space('');
  }
  #space(name: string): Map<string, Mutable> {
    const space = this.spaces.get(name);
    if (!space) throw new LinkError(`no namespace ${name}`);
    return space;
  }

  #run(line: string, namespace: string): void {
    const words = line.split(' ');
    const after = (word: string): string | undefined => words[words.indexOf(word) + 1];
    const [object, verb, first = ''] = words;
    if (object === 'netns') {
      if (verb === 'add') this.spaces.set(first, new Map([['lo', blank('lo')]]));
      else this.#dropSpace(first);
    } else if (object === 'route') {
      const routes = this.#routes(namespace);
      const destination = first === '0.0.0.0/0' ? 'default' : first;
      const at = routes.findIndex((route) => route.destination === destination);
      if (at >= 0) routes.splice(at, 1);
      if (verb === 'replace') routes.push({ destination, gateway: after('via') });
    } else if (object === 'addr') {
      const link = this.#get(after('dev') ?? '', namespace);
      const others = link.addresses.filter((address) => address !== first);
      link.addresses = verb === 'add' ? [...others, first] : others;
    } else if (verb === 'add') {
      this.#add(words, namespace);
    } else if (verb === 'del') {
      this.#remove(after('dev') ?? '', namespace);
    } else {
      this.#set(this.#get(after('dev') ?? '', namespace), words, namespace);
    }
  }

  #add(words: readonly string[], namespace: string): void {
    const name = valueOf(words, 'name') ?? '';
    if (this.#space(namespace).has(name)) throw new LinkError(`${name} exists`);
    const link = blank(name);
    link.mtu = Number(valueOf(words, 'mtu') ?? 1500);
    this.#space(namespace).set(name, link);
    const split = words.indexOf('peer');
    if (split < 0) return this.#tell(name, namespace);
    const rest = words.slice(split + 1);
    const inner = blank(valueOf(rest, 'name') ?? '');
    inner.mac = valueOf(rest, 'address') ?? inner.mac;
    inner.mtu = Number(valueOf(rest, 'mtu') ?? 1500);
    const space = valueOf(rest, 'netns') ?? namespace;
    this.#space(space).set(inner.name, inner);
    this.#peers.set(`${space} ${inner.name}`, { space: namespace, name });
    this.#peers.set(`${namespace} ${name}`, { space, name: inner.name });
    this.#tell(name, namespace);
  }

  #set(link: Mutable, words: readonly string[], namespace: string): void {
    const value = (word: string): string | undefined =>
      words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
    link.mtu = Number(value('mtu') ?? link.mtu);
    link.alias = value('alias') ?? link.alias;
    link.mac = value('address') ?? link.mac;
    const master = value('master');
    if (master !== undefined) this.#get(master, namespace);
    link.master = words.includes('nomaster') ? undefined : (master ?? link.master);
    if (words.includes('up')) link.up = true;
    if (words.includes('down')) link.up = false;
    this.#tell(link.name, namespace);
  }

  #get(name: string, namespace: string): Mutable {
    const link = this.#space(namespace).get(name);
    if (!link) throw new LinkError(`Cannot find device "${name}"`);
    return link;
  }

  #remove(name: string, namespace: string): void {
    this.#get(name, namespace);
    this.#space(namespace).delete(name);
    this.#tell(name, namespace);
    const peer = this.#peers.get(`${namespace} ${name}`);
    if (peer && this.spaces.get(peer.space)?.delete(peer.name)) this.#tell(peer.name, peer.space);
  }

  #dropSpace(namespace: string): void {
    for (const name of this.#space(namespace).keys()) {
      if (name !== 'lo') this.#remove(name, namespace);
    }
    this.spaces.delete(namespace);
    this.#allRoutes.delete(namespace);
  }

  #tell(name: string, namespace: string): void {
    if (namespace === '') this.#changed(name);
  }
}

function blank(name: string): Mutable {
  return { name, mtu: 1500, up: false, master: undefined, alias: undefined, mac: '', addresses: [] };
}

function valueOf(words: readonly string[], word: string): string | undefined {
  return words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
}
