package org.vgg4j.weights.foreign;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;

/**
 * A list of class names, one a line, and what its order means. The scores of all VGG releases are
 * in the order of the sorted WNIDs, but lists in the order of ILSVRC's development kit are around,
 * too, and mistaking one for the other makes a correct network look wrong.
 *
 * @param file the list
 * @param names its lines
 * @param reorder whether to trust a list of unsorted WNIDs to be in the order of the scores; the
 *     last layer's rows are then sorted by WNID
 */
public record ClassOrder(Path file, List<String> names, boolean reorder) {
  private static final Pattern WNID = Pattern.compile("n\\d{8}(?!\\d).*");

  /** Copies the list. */
  public ClassOrder {
    names = List.copyOf(names);
  }

  /**
   * Reads a list; empty lines at its end are ignored.
   *
   * @throws InputException if it cannot be read, or a name occurs twice
   */
  public static ClassOrder read(Path file, boolean reorder) {
    List<String> names;
    try {
      names = TextLines.read(file).stream().map(String::strip).toList();
    } catch (NoSuchFileException e) {
      throw new InputException("there is no file " + file + ": check the path", e);
    } catch (CharacterCodingException e) {
      throw new InputException(file + " is not UTF-8 text: give one class name a line", e);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
    int end = names.size();
    while (end > 0 && names.get(end - 1).isEmpty()) {
      end--;
    }
    names = names.subList(0, end);
    HashSet<String> seen = new HashSet<>();
    for (String name : names) {
      if (name.isEmpty()) {
        throw new InputException(file + " has an empty line: give one class name a line");
      }
      if (!seen.add(name)) {
        throw new InputException(
            file + " has the class name '" + name + "' twice: put its WNID before it");
      }
    }
    return new ClassOrder(file, names, reorder);
  }

  /**
   * Returns the names in the order of the scores.
   *
   * @param arrays the parameters, of which the last layer's rows are sorted if that was asked for
   * @throws InputException if there are too many or too few, or they are WNIDs that are not sorted
   */
  List<String> apply(int classes, Map<String, float[]> arrays, Architecture architecture) {
    if (names.size() != classes) {
      throw new InputException(
          "%s has %d class names, but the network has %d classes"
              .formatted(file, names.size(), classes));
    }
    long wnids = names.stream().filter(name -> WNID.matcher(name).matches()).count();
    if (wnids > 0 && wnids < classes) {
      throw new InputException(
          "%s has WNIDs on %d of %d lines: put one at the beginning of each, or of none"
              .formatted(file, wnids, classes));
    }
    List<Integer> order =
        IntStream.range(0, classes).boxed().sorted(Comparator.comparing(names::get)).toList();
    boolean sorted = order.equals(IntStream.range(0, classes).boxed().toList());
    if (wnids == 0 || sorted) {
      return names;
    }
    if (!reorder) {
      throw new InputException(
          ("%s lists WNIDs that are not sorted (it begins with '%s'), but all VGG releases have"
                  + " their classes in sorted order; the development kit's list is not sorted. Give"
                  + " the sorted list or, if the scores really are in this order, have the classes"
                  + " reordered (vgg import --reorder-classes)")
              .formatted(file, names.get(0)));
    }
    List<ParameterShape> parameters = architecture.parameters();
    for (ParameterShape shape : parameters.subList(parameters.size() - 2, parameters.size())) {
      permuteRows(Objects.requireNonNull(arrays.get(shape.name())), order);
    }
    List<String> names = new ArrayList<>();
    order.forEach(index -> names.add(names().get(index)));
    return names;
  }

  private static void permuteRows(float[] rows, List<Integer> order) {
    float[] before = rows.clone();
    int length = rows.length / order.size();
    for (int row = 0; row < order.size(); row++) {
      System.arraycopy(before, order.get(row) * length, rows, row * length, length);
    }
  }
}
