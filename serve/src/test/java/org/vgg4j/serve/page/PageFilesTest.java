package org.vgg4j.serve.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page's files need nothing from elsewhere, and no exception from its security policy. */
final class PageFilesTest {
  @ParameterizedTest
  @ValueSource(strings = {"index.html", "app.js", "view.js", "service.js", "app.css", "icon.svg"})
  void nothingFromElsewhereAndNothingInline(String file) {
    String text =
        Resources.text("/org/vgg4j/serve/page/" + file)
            .replace("http://www.w3.org/2000/svg", ""); // a name, never fetched
    assertThat(text)
        .doesNotContain("http:", "https:", "innerHTML", "eval(", "@import", "localStorage");
    if (file.endsWith(".html")) {
      assertThat(text)
          .doesNotContainPattern("(?i)<style|<script(?![^>]* src=)|\\s(style|on[a-z]+)=");
    }
  }
}
