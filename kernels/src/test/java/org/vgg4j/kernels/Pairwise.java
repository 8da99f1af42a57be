package org.vgg4j.kernels;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * Few combinations of several factors' levels, among which every pair of levels of any two factors
 * occurs: most faults need no more than two circumstances to meet.
 */
final class Pairwise {
  private Pairwise() {}

  /**
   * Chooses greedily: always the combination with the most new pairs, the cheapest of equals.
   *
   * @param levels number of levels of each factor
   * @param cost what a combination, given as a level of each factor, costs
   * @param most combinations that cost more are left out, and pairs that need them
   */
  static List<int[]> combinations(int[] levels, ToLongFunction<int[]> cost, long most) {
    List<int[]> possible = new ArrayList<>();
    enumerate(levels, new int[levels.length], 0, possible);
    possible.removeIf(combination -> cost.applyAsLong(combination) > most);
    possible.sort((a, b) -> Long.compare(cost.applyAsLong(a), cost.applyAsLong(b)));
    List<int[]> chosen = new ArrayList<>();
    Set<Integer> covered = new HashSet<>();
    while (true) {
      int[] best = {};
      long bestNew = 0;
      for (int[] combination : possible) {
        long fresh = pairs(combination).stream().filter(pair -> !covered.contains(pair)).count();
        if (fresh > bestNew) {
          best = combination;
          bestNew = fresh;
        }
      }
      if (bestNew == 0) {
        return chosen;
      }
      chosen.add(best);
      covered.addAll(pairs(best));
    }
  }

  private static void enumerate(int[] levels, int[] partial, int factor, List<int[]> all) {
    if (factor == levels.length) {
      all.add(partial.clone());
      return;
    }
    for (int level = 0; level < levels[factor]; level++) {
      partial[factor] = level;
      enumerate(levels, partial, factor + 1, all);
    }
  }

  /** A number for each pair of levels in the combination; there are fewer than 100 of either. */
  private static List<Integer> pairs(int[] combination) {
    List<Integer> pairs = new ArrayList<>();
    for (int i = 0; i < combination.length; i++) {
      for (int j = i + 1; j < combination.length; j++) {
        pairs.add(((i * 100 + combination[i]) * 100 + j) * 100 + combination[j]);
      }
    }
    return pairs;
  }
}
