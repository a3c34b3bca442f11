/** One field of teaching: its instructors, its programmes, and what is taught there. */
export interface Field {
  readonly programmes: readonly string[];
  readonly titles: readonly string[];
}

/** Programmes whose learners are filed in the directory of continuing education. */
export const continuingSuffix = 'FC';

export const fields: readonly Field[] = [
  {
    programmes: ['Gestion', 'Gestion FC'],
    titles: [
      'Comptabilité générale',
      'Contrôle de gestion',
      'Fiscalité des entreprises',
      'Analyse financière',
      'Audit interne',
      'Trésorerie',
    ],
  },
  {
    programmes: ['Informatique', 'Informatique FC'],
    titles: [
      'Algorithmique',
      'Bases de données',
      'Réseaux et protocoles',
      'Génie logiciel',
      "Systèmes d'exploitation",
      'Sécurité des systèmes',
    ],
  },
  {
    programmes: ['Commerce', 'Commerce FC'],
    titles: [
      'Négociation commerciale',
      'Marketing stratégique',
      'Études de marché',
      'Communication écrite',
      'Relation client',
      'Achats',
    ],
  },
  {
    programmes: ['Génie mécanique'],
    titles: [
      'Résistance des matériaux',
      'Mécanique des fluides',
      'Conception assistée',
      'Procédés de fabrication',
      'Thermodynamique',
    ],
  },
  {
    programmes: ['Génie civil'],
    titles: [
      'Topographie',
      'Béton armé',
      'Géotechnique',
      'Droit de la construction',
      'Thermique du bâtiment',
      'Métrés et devis',
    ],
  },
  {
    programmes: ['Logistique', 'Logistique FC'],
    titles: [
      'Gestion des stocks',
      'Transport international',
      'Qualité et amélioration continue',
      'Planification',
      'Droit du transport',
    ],
  },
  {
    programmes: ['Santé et social'],
    titles: [
      'Éthique du soin',
      'Santé publique',
      "Psychologie de l'enfant",
      'Législation sociale',
      'Nutrition',
      'Projet personnalisé',
    ],
  },
  {
    programmes: ['Langues appliquées'],
    titles: [
      'Anglais des affaires',
      'Espagnol professionnel',
      'Allemand technique',
      'Interculturalité',
      'Expression orale',
    ],
  },
];
