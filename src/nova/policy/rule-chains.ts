/** A rule, and the rules that it names. */
interface RuleNode<Node> {
  readonly references: ReadonlySet<Node>;
}

interface Visit<Node> {
  readonly node: Node;
  readonly references: Iterator<Node>;
  readonly index: number;
  /** The earliest visit that is still open and that this one leads to. */
  low: number;
  isOpen: boolean;
  /** The longest chain of rules below, and with this one; the latter once the visit is closed. */
  below: number;
  depth: number;
}

/**
 * Follows rules to those that they name: which lead back to themselves, and how many at most are asked within each other.
 * Tarjan's strongly connected components, with a list in the place of calls: no chain exhausts the stack.
 */
export function chainsOf<Node extends RuleNode<Node>>(
  rules: Iterable<Node>,
): { readonly circular: readonly Node[]; readonly longest: number } {
  const visits = new Map<Node, Visit<Node>>();
  const open: Visit<Node>[] = [];
  const circular: Node[] = [];
  let longest = 0;

  const begin = (node: Node): Visit<Node> => {
    const index = visits.size;
    const references = node.references.values();
    const visit = { node, references, index, low: index, isOpen: true, below: 0, depth: 0 };
    visits.set(node, visit);
    open.push(visit);
    return visit;
  };
  /** Closes the rules that lead to each other and were visited from this one on; as a rule that is one. */
  const close = (first: Visit<Node>): void => {
    const members = open.splice(open.lastIndexOf(first));
    const depth = members.length + members.reduce((most, { below }) => Math.max(most, below), 0);
    longest = Math.max(longest, depth);
    for (const member of members) {
      member.isOpen = false;
      member.depth = depth;
      if (members.length > 1 || member.node.references.has(member.node)) circular.push(member.node);
    }
  };
  const lead = (from: Visit<Node> | undefined, to: Visit<Node>): void => {
    if (from === undefined) return;
    if (to.isOpen) from.low = Math.min(from.low, to.low);
    else from.below = Math.max(from.below, to.depth);
  };

  for (const rule of rules) {
    const path = visits.has(rule) ? [] : [begin(rule)];
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const { value, done } = visit.references.next() as IteratorResult<Node, undefined>;
      if (!done) {
        const known = visits.get(value);
        if (known === undefined) path.push(begin(value));
        else lead(visit, known);
        continue;
      }
      path.pop();
      if (visit.low === visit.index) close(visit);
      lead(path.at(-1), visit);
    }
  }
  return { circular, longest };
}
