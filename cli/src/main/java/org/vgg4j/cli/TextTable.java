package org.vgg4j.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table in columns of plain text: the first column to the left, the others to the right. It keeps
 * to the width of a terminal: long names in the first column are shortened, and what is still too
 * wide is printed in blocks of columns, each of which begins with the first.
 */
final class TextTable {
  /** Blanks between two columns; only one where the table is too wide otherwise. */
  private static final int GAP = 2;

  /** To what the first column is shortened before the table is cut into blocks. */
  private static final int NAME = 24;

  private final List<List<String>> rows = new ArrayList<>();

  TextTable row(Object... cells) {
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(Screen.harmless(String.valueOf(cell)));
    }
    rows.add(row);
    return this;
  }

  @Override
  public String toString() {
    int[] widths = new int[rows.stream().mapToInt(List::size).max().orElse(0)];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], Screen.width(row.get(i)));
      }
    }
    int gap = GAP;
    if (widths.length > 0) {
      int others = Arrays.stream(widths).skip(1).map(width -> GAP + width).sum();
      widths[0] = Math.min(widths[0], Math.max(NAME, Screen.WIDTH - others));
      int narrow = others - (widths.length - 1);
      gap = widths[0] + others > Screen.WIDTH && widths[0] + narrow <= Screen.WIDTH ? 1 : GAP;
    }
    StringBuilder text = new StringBuilder();
    int first = 1;
    do {
      int end = first;
      int used = widths.length > 0 ? widths[0] : 0;
      while (end < widths.length && (end == first || used + gap + widths[end] <= Screen.WIDTH)) {
        used += gap + widths[end];
        end++;
      }
      text.append(first > 1 ? "\n" : "");
      block(first, end, widths, gap, text);
      first = end;
    } while (first < widths.length);
    return text.toString();
  }

  /** Prints the first column and those from first to end - 1. */
  private void block(int first, int end, int[] widths, int gap, StringBuilder text) {
    for (List<String> row : rows) {
      String name = Screen.fitted(row.get(0), widths[0]);
      StringBuilder line = new StringBuilder(name).append(padding(widths[0], name));
      for (int i = first; i < Math.min(end, row.size()); i++) {
        line.append(padding(gap + widths[i], row.get(i))).append(row.get(i));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
  }

  private static String padding(int width, String cell) {
    return " ".repeat(width - Screen.width(cell));
  }
}
