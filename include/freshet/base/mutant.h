// Deliberate defects, to prove that the model test would see them. They exist only where
// FRESHET_MUTANTS is defined (tests/model builds such a copy of the core); anywhere else mutant()
// is false at compile time and costs nothing.
#pragma once

namespace freshet {

enum Mutant : int {
  kNoMutant = 0,
  kOverwriteForgotten = 1,    // an overwrite does not reach the dependents
  kLengthCutoff = 2,          // early cutoff takes values of one length for the same
  kEditForgotten = 3,         // an edit in place does not reach the dependents
  kEvictionChanges = 4,       // an eviction counts as a change
  kDeadlineForgotten = 5,     // an earlier deadline is not passed on to the dependents
  kSetKeepsDeclarations = 6,  // a plain SET keeps what the old value declared
  kRenameLosesTags = 7,       // RENAME and COPY lose the tags
  kShallowLoopCheck = 8,      // the loop check stops after one level
  kFenceIgnoresDeps = 9,      // a fence does not look at the dependencies
  kTagShardForgotten = 10,    // killing a tag forgets one shard
  // Whole mechanisms switched off.
  kNodeKillUnseen = 11,     // readers do not ask for kills by tag or dependency
  kPatternKillUnseen = 12,  // readers do not ask for kills by pattern
  kFenceIgnored = 13,       // a fence lets everything in that has a lease
  kAbsentUnmarked = 14,     // a change of an absent name leaves no mark for fences
  kCascadeCutShort = 15,    // what a cascade has to tell at its second level is lost
  kRepliesTooSoon = 16,     // INVALIDATE replies before those are dead that die one by one
  kStaleSeen = 17,          // GET sees stale values
  kBirthsForgotten = 18,    // a value does not remember which kills it is younger than
  kRedrawnForgotten = 19,   // a loop check in slices overlooks what is drawn meanwhile
  // Parts of the evictor switched off: each must cost hits (tests/eviction).
  kNothingLearned = 20,  // the index stays what it was at first
  kNoGhosts = 21,        // what was evicted is forgotten
  kNoRecents = 22,       // new keys are no candidates but by chance
  kVolatileTakesAll = 23,  // a volatile policy evicts keys without a deadline
};

#ifdef FRESHET_MUTANTS
inline int active_mutant = kNoMutant;  // set by the test
inline bool mutant(int which) { return which == active_mutant; }
#else
constexpr bool mutant(int) { return false; }
#endif

}  // namespace freshet
