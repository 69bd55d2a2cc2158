//! Walks the statements `{% … %}`: which of their expressions flow on, decide, or name something.

use super::tag::Token;
use super::walk::{Walk, Walker};

/// What a statement means for the template around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect<'s> {
    /// Nothing beyond itself.
    None,
    /// A macro begins.
    OpenMacro(&'s str),
    /// A macro ends.
    CloseMacro,
    /// A condition begins.
    If,
    /// It goes on.
    Elif,
    /// It ends.
    EndIf,
}

impl<'s> Walker<'s, '_> {
    /// Walks `{% … %}` and returns the byte behind it and what it means.
    pub(super) fn statement(mut self) -> Walk<(usize, Effect<'s>)> {
        let keyword = self.name()?;
        let mut effect = Effect::None;
        match self.text(keyword) {
            "set" => self.set()?,
            "if" => {
                effect = Effect::If;
                self.condition_without_if()?;
            }
            "elif" => {
                effect = Effect::Elif;
                self.condition_without_if()?;
            }
            "endif" => effect = Effect::EndIf,
            "for" => self.for_loop()?,
            "with" => self.with()?,
            "macro" => effect = Effect::OpenMacro(self.macro_head()?),
            "endmacro" => {
                effect = Effect::CloseMacro;
                self.close_scope();
                if let Some(facts) = &mut self.facts {
                    facts.close_macro();
                }
            }
            "call" => self.call_block()?,
            "endfor" | "endwith" | "endcall" | "endblock" => {
                self.close_scope();
                while self.token.token != Token::End {
                    self.bump()?;
                }
            }
            "filter" => self.filter_chain()?,
            "block" => self.block()?,
            "include" | "extends" => {
                self.template()?;
                for word in ["with", "without", "context", "ignore", "missing", "with", "without", "context"] {
                    self.skip_word(word)?;
                }
            }
            "import" => self.import()?,
            "from" => self.import_names()?,
            "do" | "autoescape" => self.plain()?,
            // `else`, …, and whatever minijinja is to refuse
            _ => {
                while self.token.token != Token::End {
                    self.bump()?;
                }
            }
        }
        Ok((self.finish()?, effect))
    }

    fn open_scope(&mut self) {
        if let Some(facts) = &mut self.facts {
            facts.open_scope();
        }
    }

    fn close_scope(&mut self) {
        if let Some(facts) = &mut self.facts {
            facts.close_scope();
        }
    }

    fn assign(&mut self, name: &'s str) {
        self.assigned.push(name);
        if let Some(facts) = &mut self.facts {
            facts.assign(name);
        }
    }

    /// Assignment targets up to `=`, `in`, `|` or the end; returns the names, and whether a namespace is among them.
    fn targets(&mut self) -> Walk<(Vec<&'s str>, bool)> {
        let (mut names, mut namespace) = (Vec::new(), false);
        loop {
            if self.skip_symbol(b'(')? || self.skip_symbol(b')')? || self.skip_symbol(b',')? {
                continue;
            }
            if self.token.token != Token::Name || self.is_word("in") {
                return Ok((names, namespace));
            }
            let token = self.name()?;
            let name = self.text(token);
            if self.is_symbol(b'.') {
                // `ns.x = …` assigns nothing, it reads `ns`
                namespace = true;
                if let Some(facts) = &mut self.facts {
                    facts.read(name, token.start);
                }
                while self.skip_symbol(b'.')? {
                    self.name()?;
                }
            } else {
                names.push(name);
            }
        }
    }

    fn set(&mut self) -> Walk<()> {
        let (names, namespace) = self.targets()?;
        let flow = if namespace { Self::held } else { Self::flow };
        if self.skip_symbol(b'=')? {
            flow(self)?;
            while self.skip_symbol(b',')? {
                if self.token.token == Token::End {
                    break;
                }
                flow(self)?;
            }
        } else if self.skip_symbol(b'|')? {
            self.filter_chain()?;
        }
        for name in names {
            self.assign(name);
        }
        Ok(())
    }

    fn for_loop(&mut self) -> Walk<()> {
        let (names, _) = self.targets()?;
        if !self.skip_word("in")? {
            return Err(self.unexpected());
        }
        self.flow_without_if()?;
        self.open_scope();
        self.assign("loop");
        for name in names {
            self.assign(name);
        }
        if self.skip_word("if")? {
            self.condition()?;
        }
        self.skip_word("recursive")?;
        Ok(())
    }

    fn with(&mut self) -> Walk<()> {
        self.open_scope();
        while self.token.token != Token::End {
            let (names, _) = self.targets()?;
            self.expect(b'=')?;
            self.flow()?;
            for name in names {
                self.assign(name);
            }
            if self.token.token != Token::End {
                self.expect(b',')?;
            }
        }
        Ok(())
    }

    fn macro_head(&mut self) -> Walk<&'s str> {
        let token = self.name()?;
        let name = self.text(token);
        self.assign(name);
        self.open_scope();
        if let Some(facts) = &mut self.facts {
            facts.assign("caller");
            facts.open_macro(name);
        }
        self.parameters()?;
        Ok(name)
    }

    fn parameters(&mut self) -> Walk<()> {
        self.expect(b'(')?;
        while !self.skip_symbol(b')')? {
            let token = self.name()?;
            if self.skip_symbol(b'=')? {
                self.flow()?;
            }
            self.assign(self.text(token));
            if !self.is_symbol(b')') {
                self.expect(b',')?;
            }
        }
        Ok(())
    }

    fn call_block(&mut self) -> Walk<()> {
        self.open_scope();
        if self.is_symbol(b'(') {
            self.parameters()?;
        }
        self.plain()
    }

    fn filter_chain(&mut self) -> Walk<()> {
        self.filter()?;
        while self.skip_symbol(b'|')? {
            self.filter()?;
        }
        Ok(())
    }

    fn block(&mut self) -> Walk<()> {
        self.name()?;
        self.open_scope();
        self.skip_word("scoped")?;
        self.skip_word("required")?;
        Ok(())
    }

    /// The name of another template.
    fn template(&mut self) -> Walk<()> {
        let token = self.token;
        let text = self.text(token);
        if let (Token::Text, Some(facts)) = (token.token, &mut self.facts) {
            facts.template(text, token.start);
        }
        self.plain()
    }

    fn import(&mut self) -> Walk<()> {
        self.template()?;
        if !self.skip_word("as")? {
            return Err(self.unexpected());
        }
        let token = self.name()?;
        self.assign(self.text(token));
        self.context_marker()
    }

    fn import_names(&mut self) -> Walk<()> {
        self.template()?;
        if !self.skip_word("import")? {
            return Err(self.unexpected());
        }
        while self.token.token == Token::Name && !self.is_word("with") && !self.is_word("without") {
            let mut token = self.name()?;
            if self.skip_word("as")? {
                token = self.name()?;
            }
            self.assign(self.text(token));
            if !self.skip_symbol(b',')? {
                break;
            }
        }
        self.context_marker()
    }

    fn context_marker(&mut self) -> Walk<()> {
        if self.skip_word("with")? || self.skip_word("without")? {
            self.skip_word("context")?;
        }
        Ok(())
    }
}
