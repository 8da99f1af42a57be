package org.vgg4j.data.ilsvrc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Subset;
import org.vgg4j.data.source.DataSources;

class BlacklistTest {
  private static final Path DISTRIBUTED = Path.of("src/test/resources/goldens/ilsvrc/distributed");

  private static final String FILE = "ILSVRC2014_clsloc_validation_blacklist.txt";

  @TempDir Path folder;

  @BeforeEach
  void copy() throws IOException {
    for (String file :
        List.of(
            "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar", "ILSVRC2012_devkit_t12.tar.gz")) {
      Files.copy(DISTRIBUTED.resolve(file), folder.resolve(file));
    }
  }

  /** The lines are the numbers in the names of the images, whatever part of them is used. */
  @Test
  void listBesideTheImages() throws IOException {
    assertThat(DataSources.blacklist(folder.toString()).numbers()).isEmpty();
    Files.writeString(folder.resolve(FILE), "2\n12\n");
    Blacklist list = DataSources.blacklist(folder.toString());
    assertThat(list.place()).isEqualTo(folder.resolve(FILE));
    DataSplits splits = DataSources.open(folder.toString(), 0.1, 1);
    Dataset some = new Subset(splits.validation(), "some", new int[] {11, 0, 1});
    BitSet listed = list.indices(some);
    assertThat(listed.stream()).containsExactly(0, 2);
    assertThat(some.id(0)).endsWith("ILSVRC2012_val_00000012.JPEG");
    assertThat(list.indices(splits.train()).isEmpty()).isTrue();
  }

  @Test
  void wrongLists() throws IOException {
    Files.writeString(folder.resolve(FILE), "2\nx\n");
    assertThatThrownBy(() -> Blacklist.of(folder))
        .hasMessage("line 2 of %s is 'x', not a number: copy it again", folder.resolve(FILE));
    Files.writeString(folder.resolve(FILE), "2\n");
    Path other = folder.resolve(FILE.replace("2014", "2015"));
    Files.writeString(other, "2\n");
    assertThatThrownBy(() -> Blacklist.of(folder))
        .hasMessage(
            "there are two lists of validation images whose boxes are wrong, in %s and %s: keep"
                + " one",
            folder.resolve(FILE), other);
  }
}
