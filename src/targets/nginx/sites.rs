//! The way from the main file to a line: the `include` lines that bring its file to where it counts.

use super::include::Tree;
use super::tree::Directive;
use crate::source::{SourceId, Span};
use std::collections::{BTreeSet, HashMap};

/// Files that include one file, looked through for the one that leads to a block.
const MAX_PARENTS: usize = 64;

/// Every place that includes a file of a tree.
#[derive(Debug, Default)]
pub struct Sites {
    main: Option<SourceId>,
    /// By included file: the lines that include it, those within one file in its order.
    lines: HashMap<SourceId, Vec<Span>>,
    /// By included file and a block around the line: the first such line.
    within: HashMap<(SourceId, Span), Span>,
}

impl Sites {
    /// Those of a tree.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let mut sites = Self { main: tree.sources().next(), ..Self::default() };
        for (_, directives) in tree.files() {
            let mut rest: Vec<(std::slice::Iter<Directive>, Option<Span>)> = vec![(directives.iter(), None)];
            while let Some((level, _)) = rest.last_mut() {
                let Some(directive) = level.next() else {
                    rest.pop();
                    continue;
                };
                for file in tree.included(directive.span) {
                    sites.lines.entry(file).or_default().push(directive.span);
                    for block in rest.iter().filter_map(|(_, block)| *block) {
                        sites.within.entry((file, block)).or_insert(directive.span);
                    }
                }
                if !directive.children().is_empty() {
                    rest.push((directive.children().iter(), Some(directive.span)));
                }
            }
        }
        sites
    }

    /// The main file.
    #[must_use]
    pub fn main(&self) -> Option<SourceId> {
        self.main
    }

    /// The `include` lines that bring a file to a block, the nearest first, up to the main file. `blocks`: the block and
    /// those around it, the innermost first. Where several lines include the file and none of them can be told to be the
    /// one, the way ends there.
    #[must_use]
    pub fn way(&self, file: SourceId, blocks: &[Span]) -> Vec<Span> {
        let (mut way, mut file) = (Vec::new(), file);
        // A file is on a way once: cycles are not included.
        while Some(file) != self.main && way.len() <= super::include::MAX_DEPTH {
            let Some(line) = self.line(file, blocks) else { break };
            way.push(line);
            file = line.source;
        }
        way
    }

    fn line(&self, file: SourceId, blocks: &[Span]) -> Option<Span> {
        let lines = self.lines.get(&file)?;
        if let [only] = lines.as_slice() {
            return Some(*only);
        }
        blocks.iter().find_map(|block| self.within.get(&(file, *block)).copied()).or_else(|| self.through(lines, blocks))
    }

    /// The line whose own file leads to one of the blocks, the innermost first.
    fn through(&self, lines: &[Span], blocks: &[Span]) -> Option<Span> {
        let parents: BTreeSet<SourceId> = lines.iter().map(|l| l.source).take(MAX_PARENTS + 1).collect();
        if parents.len() > MAX_PARENTS {
            return None;
        }
        let leads = |parent: SourceId, block: Span| {
            let (mut open, mut seen) = (vec![parent], BTreeSet::new());
            while let Some(file) = open.pop() {
                if file == block.source || self.within.contains_key(&(file, block)) {
                    return true;
                }
                if seen.len() < MAX_PARENTS && seen.insert(file) {
                    open.extend(self.lines.get(&file).into_iter().flatten().map(|l| l.source).take(MAX_PARENTS));
                }
            }
            false
        };
        blocks.iter().find_map(|block| {
            let mut found = lines.iter().filter(|line| leads(line.source, *block));
            let first = *found.next()?;
            // Two lines of one file bring the same; of two files, which one is not known.
            found.all(|other| other.source == first.source).then_some(first)
        })
    }
}
