package org.vgg4j.search;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vgg4j.ImageEmbedder;
import org.vgg4j.base.FileDigest;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.image.RgbImage;

/** Writes small indices for tests of what searches in them. */
public final class TestIndex {
  private TestIndex() {}

  /**
   * Writes an index of pictures that are called 0.png, 1.png and so on.
   *
   * @param folder where the index says that they are
   */
  public static void write(Path file, Path folder, Path model, List<RgbImage> images) {
    List<float[]> rows = new ArrayList<>();
    List<IndexedFile> files = new ArrayList<>();
    try (ImageEmbedder embedder = ImageEmbedder.load(model)) {
      for (RgbImage image : images) {
        float[] descriptor = embedder.embed(image);
        files.add(new IndexedFile(rows.size() + ".png", 1, 2, "%064x".formatted(rows.size())));
        rows.add(SearchIndex.row(descriptor, null, SearchIndex.stride(descriptor.length)));
      }
      IndexHeader header =
          new IndexHeader(
              folder.toString(),
              model.toString(),
              FileDigest.sha256(model),
              DescriptorRecipe.paper().asMap(),
              embedder.dimensions(),
              embedder.dimensions(),
              false);
      RowSource source =
          new RowSource() {
            @Override
            public int count() {
              return rows.size();
            }

            @Override
            public void read(int row, float[] into) {
              System.arraycopy(rows.get(row), 0, into, 0, into.length);
            }
          };
      IndexWriter.write(file, header, null, files, source);
    }
  }
}
