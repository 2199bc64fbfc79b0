//! Splitting of a text into words.

/// Splits a text into words and the text between them. Returns each piece and whether it is a word. Words are separated as in
/// `WordIndex::encode`.
pub fn pieces(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let is_between =
        |letter: char| letter.is_whitespace() || (letter.is_ascii_punctuation() && letter != '\'');
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_word = !is_between(rest.chars().next()?);
        let end = rest.find(|letter| is_between(letter) == is_word).unwrap_or(rest.len());
        let (piece, others) = rest.split_at(end);
        rest = others;
        Some((piece, is_word))
    })
}

#[cfg(test)]
mod tests {
    use kindling::data::WordIndex;

    use super::*;

    #[test]
    fn pieces_join_to_the_text_and_words_match_the_index() {
        let index: WordIndex = [("it's", 1), ("film", 2), ("straße", 3)]
            .map(|(word, rank)| (word.into(), rank))
            .into_iter()
            .collect();
        for text in ["", " ", "It's a FILM, a  film!", "(Straße)\n--film--", "日本 film"] {
            assert_eq!(pieces(text).map(|(piece, _)| piece).collect::<String>(), text);
            let words = pieces(text).filter(|(_, is_word)| *is_word);
            let ids: Vec<u32> = words.map(|(word, _)| index.encode(word, 100)[1]).collect();
            assert_eq!(ids, index.encode(text, 100)[1..], "{text}");
        }
    }
}
