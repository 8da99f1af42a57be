package org.vgg4j.cli;

/** Cells of CSV files, as RFC 4180 has them. */
final class Csv {
  private Csv() {}

  /** Returns a cell, quoted if it has to be. */
  static String quoted(String cell) {
    return cell.matches("(?s).*[\",\r\n].*") ? '"' + cell.replace("\"", "\"\"") + '"' : cell;
  }
}
