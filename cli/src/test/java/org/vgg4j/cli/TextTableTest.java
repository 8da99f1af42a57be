package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void firstColumnToTheLeftOthersToTheRight() {
    TextTable table = new TextTable().row("class", "images").row("a", 7).row("long name", 12345);
    assertThat(table.toString())
        .isEqualTo("class      images\na               7\nlong name   12345\n");
  }

  @Test
  void longNamesAreShortened() {
    TextTable table = new TextTable().row("class", "images").row("x".repeat(200), 12);
    assertThat(table.toString())
        .isEqualTo(
            "class" + " ".repeat(67) + "  images\n" + "x".repeat(71) + "\u2026" + "      12\n");
  }

  /** Two columns for a Chinese letter or a pictogram, none for an accent of its own. */
  @Test
  void lettersAreAsWideAsInATerminal() {
    TextTable table =
        new TextTable().row("\u732b\u72ac", 1).row("e\u0301te\u0301", 2).row("\uD83D\uDC15 b", 3);
    assertThat(table.toString())
        .isEqualTo("\u732b\u72ac  1\ne\u0301te\u0301   2\n\uD83D\uDC15 b  3\n");
    assertThat(Screen.fitted("\u732b\u72ac\u732b", 4)).isEqualTo("\u732b\u2026");
  }

  @Test
  void oneBlankBetweenColumnsWhereTwoAreTooWide() {
    Object[] row = IntStream.range(0, 14).mapToObj(i -> i == 0 ? "a" : "12345").toArray();
    assertThat(new TextTable().row(row).toString()).isEqualTo("a" + " 12345".repeat(13) + "\n");
  }

  @Test
  void wideTablesAreBlocks() {
    Object[] header = IntStream.range(0, 30).mapToObj(i -> i == 0 ? "class" : "" + i).toArray();
    Object[] row = IntStream.range(0, 30).mapToObj(i -> i == 0 ? "n" : "" + 100 * i).toArray();
    String text = new TextTable().row(header).row(row).toString();
    assertThat(text.lines()).hasSizeGreaterThan(5).allMatch(line -> line.length() <= 80);
    assertThat(text.lines().filter(line -> line.startsWith("class")))
        .flatMap(line -> List.of(line.split(" +")))
        .filteredOn(cell -> !cell.equals("class"))
        .containsExactly(IntStream.range(1, 30).mapToObj(i -> "" + i).toArray(String[]::new));
  }

  /** A folder's name may hold what changes the colours of a terminal. */
  @Test
  void namesCannotCommandTheTerminal() {
    assertThat(new TextTable().row("a\u001b[31m\nb", 1).toString()).isEqualTo("a?[31m?b  1\n");
  }
}
